// One photo of the demo: povray photo.pov Declare=Place=1 Declare=Thing=1 Declare=View=1
// Aside, Above and Back move the camera, so that the thing stands elsewhere in the photo; Sharp leaves out the blur of far
// things, which takes most of the time, Mask everything but the thing.
#version 3.7;
global_settings {
  assumed_gamma 1
  max_trace_level 6
  radiosity {
    pretrace_start 0.08 pretrace_end 0.02 count 24 nearest_count 5 error_bound 0.8 recursion_limit 1
    low_error_factor 0.6 gray_threshold 0.1 brightness 1 adc_bailout 0.02
  }
}
#ifndef (Place) #declare Place = 1; #end
#ifndef (Thing) #declare Thing = 1; #end
#ifndef (View) #declare View = 1; #end
#ifndef (Aside) #declare Aside = 0; #end
#ifndef (Above) #declare Above = 0; #end
#ifndef (Back) #declare Back = 1; #end
#ifndef (Sharp) #declare Sharp = 0; #end
#ifndef (Mask) #declare Mask = 0; #end
#include "things.inc"
#include "places.inc"

// The camera goes round the thing; a second view of a place is nearer or farther, from another side and height.
#declare Angle = array[6][2] { {-14, 22}, {10, -26}, {4, -12}, {-9, 16}, {18, -20}, {-20, 12} }
#declare Height = array[6][2] { {2.6, 4.2}, {2.3, 3.9}, {1.9, 2.7}, {1.9, 3.0}, {3.6, 2.5}, {2.0, 3.1} }
#declare Distance = array[6][2] { {7.6, 6.4}, {7.4, 6.6}, {7.4, 6.2}, {7.6, 6.4}, {7.0, 7.8}, {7.6, 6.6} }
#declare Turn = array[6][2] { {-12, 38}, {24, 205}, {-28, 160}, {168, 30}, {-35, 145}, {14, 214} }
#local P = Place - 1;
#local V = View - 1;

camera {
  perspective
  location vrotate(<0, Height[P][V], -Distance[P][V]> * Back, y * Angle[P][V])
  right x * image_width / image_height
  angle 40
  look_at <0.1, 0.82, 0> + vrotate(<Aside, Above, 0>, y * Angle[P][V])
  #if (!Mask & !Sharp) aperture 0.16 blur_samples 10 focal_point <0, 0.9, -0.6> confidence 0.9 variance 1 / 900 #end
}

#if (Mask) light_source { <-60, 85, -55> rgb 1 }
#else #switch (Place)
  #case (1) Kitchen() #break
  #case (2) Grass() #break
  #case (3) Shelf() #break
  #case (4) Sill() #break
  #case (5) Cloth() #break
  #case (6) Stone() #break
#end #end

#switch (Thing)
  #case (1) object { Dotty_Teapot rotate y * Turn[P][V] } #break
  #case (2) object { Brown_Teapot rotate y * Turn[P][V] } #break
  #case (3) object { Mug scale 1.15 rotate y * (Turn[P][V] - 30) } #break
  #case (4) object { Apples scale 1.3 rotate y * Turn[P][V] translate <-0.4, 0, 0> } #break
#end
